"""One public function a file: open, load, decide, commit."""
