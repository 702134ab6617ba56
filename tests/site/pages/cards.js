// Cards as the site builds them, and three ways of loading more; each page's title says how it differs.

const word = decodeURIComponent(location.pathname.split("/").pop());
const grid = () => document.querySelector("#grid");

async function fetchPhotos(page) {
  const response = await fetch(`/napi/search?query=${encodeURIComponent(word)}&page=${page}`);
  return (await response.json()).results;
}

const srcset = (photo) =>
  [200, 400, 800]
    .map((width) => `${location.origin}${photo.image}?w=${width}&h=${width}&fit=crop ${width}w`)
    .join(", ");

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function card(photo) {
  return element(`
    <div class="mItv1"><figure itemprop="image" itemscope
        itemtype="https://schema.org/ImageObject" data-testid="photo-grid-masonry-figure">
      <a itemprop="contentUrl" class="zNNw1" href="/photos/${photo.slug}-${photo.id}">
        <img class="I7OuT" data-testid="photo-grid-masonry-img" itemprop="thumbnailUrl"
          alt="${photo.alt}" srcset="${srcset(photo)}" src="${photo.image}?w=200&h=200">
      </a>
      <div class="xLon9">
        <button title="Add to collection" data-testid="add-to-collection-button">+</button>
        <a href="/@${photo.username}"><img class="vkrMA" width="32" height="32"
          srcset="/images/profile-1?w=32&h=32 1x, /images/profile-1?w=64&h=64 2x"></a>
        <a href="/@${photo.username}">${photo.name}</a>
        <a data-testid="non-sponsored-photo-download-button" rel="nofollow"
          href="/photos/${photo.id}/download?force=true">Download</a>
      </div>
    </figure></div>`);
}

let page = 0;
let busy = false;
let done = false;

async function addMore(build = card) {
  if (busy || done) return;
  busy = true;
  const photos = await fetchPhotos(++page);
  grid().append(...photos.map(build));
  done = photos.length === 0;
  busy = false;
}

// loads more whenever the end of the page comes near, again as long as it stays there
function addAtEnd(build = card) {
  const end = document.body.appendChild(element("<div style='height: 1px'></div>"));
  const observer = new IntersectionObserver(
    async ([entry]) => {
      if (!entry.isIntersecting || done) return;
      await addMore(build);
      observer.unobserve(end);
      observer.observe(end);
    },
    { rootMargin: "200px" },
  );
  observer.observe(end);
}
