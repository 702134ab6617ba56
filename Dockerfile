# The page and its API: docker build -t colorizer . && docker run -p 8000:8000 --read-only --tmpfs /tmp colorizer
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
WORKDIR /app

COPY lock/web.txt lock/web.txt
RUN pip install --no-cache-dir -r lock/web.txt

COPY basics basics
COPY imaging imaging
COPY pipeline pipeline
COPY pretrained pretrained

RUN python -m compileall -q .

# the answers of the Turing test; mount a volume to keep them
RUN mkdir /answers && chown 1000:1000 /answers
VOLUME /answers
USER 1000:1000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "pipeline.web", "--host", "0.0.0.0", "--answers", "/answers/turing.sqlite3"]
