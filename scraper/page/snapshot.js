// A snapshot of a search page: snapshot.py runs it in the page. It first scrolls if `step` says so.
//
// arguments[0]  regular expression of a photo's path; its first group is the id
// arguments[1]  how far to scroll, in viewport heights; 0 for not at all
//
// Cards are returned only when their images have changed, so that parsing costs the same at every
// step however long the page grows. parse.py decides which of them are photos.

const [pattern, step] = arguments;
const MOST_OF_CARD = 1e6; // characters; a card takes about ten thousand
const MOST = 5e6; // characters of all cards of a snapshot
const path = new RegExp(pattern);
const known = (window.__imageColorizerScraper ??= {
  ids: new Set(),
  states: new WeakMap(), // card -> sizes of its images' src and srcset
  idsOfLinks: new Map(), // href as written -> photo id or undefined; reading a URL is slow
});

const idOf = (link) => {
  const href = link.getAttribute("href");
  if (!known.idsOfLinks.has(href)) known.idsOfLinks.set(href, path.exec(link.pathname)?.[1]);
  return known.idsOfLinks.get(href);
};
const photoLinks = () => [...document.querySelectorAll("a[href]")].filter(idOf);

// the scroll container: the page, or the box in it that holds the photos
const scrollerOf = (link) => {
  for (let up = link?.parentElement; up && up !== document.body; up = up.parentElement) {
    const scrolls = /auto|scroll/.test(getComputedStyle(up).overflowY);
    if (scrolls && up.scrollHeight > up.clientHeight + 1) return up;
  }
  return document.scrollingElement ?? document.documentElement;
};

// two animation frames, for the page's observers; none come while a style sheet loads
const frames = () =>
  Promise.race([
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    new Promise((done) => setTimeout(done, 300)),
  ]);

// element -> id of the only photo that is linked to in it, or MANY
const MANY = Symbol("many");
const photosIn = new Map();
const mark = (link) => {
  for (let up = link; up; up = up.parentElement) {
    const before = photosIn.get(up);
    if (before === MANY || before === idOf(link)) return; // so are all around it
    photosIn.set(up, before === undefined ? idOf(link) : MANY);
  }
};

// the outermost element around a link that holds no other photo
const cardOf = (link) => {
  let card = link;
  for (let up = link; up && up !== document.body; up = up.parentElement) {
    if (photosIn.get(up) !== idOf(link)) break;
    card = up;
  }
  return card;
};

const isLazy = (image) => !image.srcset && !/^http/.test(image.src);
const isInViewport = (element) => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};

const BUTTONS = "button, [role=button], input[type=button], input[type=submit]";
const MORE = /^(load|show|see|view) more\b/i;
const ACCEPT = new RegExp(
  "^(i )?(accept|agree|allow|consent|got it|ok(ay)?\\b|understand|alle akzeptieren|akzeptieren|" +
    "(allen? )?zustimmen|einverstanden|(tout )?accepter|j.accepte|acept|accett|aceit|akceptuj|" +
    "godta|godkänn|hyväksy|принять|同意|すべて許可)",
  "i",
);
const ACCEPT_IDS = "#onetrust-accept-btn-handler, #CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll";
const COOKIES = /cookie|consent|gdpr/i;

const label = (button) => (button.textContent || button.value || button.ariaLabel || "").trim();
const isClickable = (button) =>
  !button.disabled &&
  button.ariaDisabled !== "true" &&
  button.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
  button.getBoundingClientRect().height > 0;

const isInCookieBanner = (button) => {
  for (let up = button; up && up !== document.body; up = up.parentElement) {
    if (up.matches("dialog, [role=dialog], [role=alertdialog]")) return true;
    if (COOKIES.test(`${up.id} ${up.className} ${up.ariaLabel} ${up.dataset?.testid}`)) return true;
    if (up.textContent.length < 2000 && COOKIES.test(up.textContent)) return true;
  }
  return false;
};
const isInCard = (button) => {
  const unit = button.closest("figure, article, li, a");
  return unit !== null && photosIn.has(unit);
};
const isLoadMore = (button) =>
  MORE.test(label(button)) || /load-?more/i.test(button.dataset?.testid ?? "");

return (async () => {
  if (step !== 0) {
    const scroller = scrollerOf(photoLinks().at(-1));
    const before = scroller.scrollTop;
    scroller.scrollBy({ top: step * innerHeight, behavior: "instant" });
    if (scroller.scrollTop === before) dispatchEvent(new Event("scroll")); // a short page
    await frames();
  }
  const links = photoLinks();
  links.forEach(mark);
  const cards = [];
  let size = 0;
  const lazy = [];
  for (const card of new Set(links.map(cardOf))) {
    const images = [...card.querySelectorAll("img")];
    const state = images.map((image) => image.srcset.length + image.src.length).join();
    if (images.some((one) => isLazy(one) && isInViewport(one))) lazy.push(photosIn.get(card));
    if (known.states.get(card) !== state) {
      const html = card.outerHTML;
      if (html.length <= MOST_OF_CARD && size + html.length <= MOST) cards.push(html);
      size += html.length;
    }
    known.states.set(card, state);
    known.ids.add(photosIn.get(card));
  }
  const scroller = scrollerOf(links.at(-1));
  const buttons = [...document.querySelectorAll(BUTTONS)];
  const response = performance.getEntriesByType("navigation")[0];
  return {
    cards,
    lazy,
    n_photos: known.ids.size,
    viewports_below: (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight) / innerHeight,
    consent_button:
      buttons.find((one) => one.matches(ACCEPT_IDS) && isClickable(one)) ??
      buttons.find((one) => ACCEPT.test(label(one)) && isInCookieBanner(one) && isClickable(one)),
    more_button: buttons.findLast((one) => isLoadMore(one) && !isInCard(one) && isClickable(one)),
    is_complete: document.readyState === "complete",
    status: response?.responseStatus ?? 200,
    response_s: (response?.responseStart ?? 0) / 1000,
    url: location.href,
  };
})();
