# Two stages: the first installs what the lock names, the second holds only that and the code.
FROM python:3.13-slim-trixie AS installed
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --retries 10 --require-hashes -r requirements.lock

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --create-home --home-dir /home/throughline throughline \
    && install -d -o throughline -g throughline -m 0700 /var/lib/throughline
COPY --from=installed /venv /venv
WORKDIR /app
COPY domain ./domain
COPY projections ./projections
COPY service ./service
COPY openapi ./openapi
# Compiled here, because whoever runs it may not write.
RUN /venv/bin/python -m compileall -q domain projections service
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    THROUGHLINE_HOST=0.0.0.0 \
    THROUGHLINE_DATA=/var/lib/throughline
RUN printf '#!/bin/sh\nexec python -m service "$@"\n' > /usr/local/bin/throughline && chmod 0755 /usr/local/bin/throughline
USER throughline
VOLUME /var/lib/throughline
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]
