"""Apps Script on this machine: the sidebar's own files in a browser.

A relay fetches as Google's servers do. The page of `make serve` and the tests stand on the same files: `host.js`
(menu and sidebar), `worker.js` (Code.gs and the fakes of Google's services), `client.js` (google.script.run in the
sidebar's frame).
"""
