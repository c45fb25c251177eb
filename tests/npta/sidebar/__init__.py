"""The control panel: Code.gs in node and in a browser's worker, the sidebar in real Chromium."""
