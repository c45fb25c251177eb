"""The way into Google Cloud: programs that need Python and gcloud, and no package."""
