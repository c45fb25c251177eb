# The function as Cloud Run serves it: the packages of requirements.txt and nothing beside them, by their hashes, as wheels,
# so that no package runs code of its own in the build. functions-framework serves with the worker of npta/server (main.py).
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt ./
RUN python -m pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
COPY . ./
RUN python -m compileall -q main.py npta sheets_schema
ENV THREADS=32 PYTHONUNBUFFERED=1
USER 65534
CMD ["functions-framework", "--source=main.py", "--target=fulfillment"]
