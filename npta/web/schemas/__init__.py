"""The models of requests and responses; `GET /openapi.json` is made from them."""
