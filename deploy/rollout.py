"""Roll out: a revision without traffic, checked; then the traffic, share by share; back at the first miss."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Mapping, Sequence

from deploy.gcloud import Gcloud, GcloudError, ended, joined
from deploy.service import BEFORE, CANDIDATE, HEALTH_SECONDS, Revision, Service, Setting, answers

CHECKS = (["provision"], ["preflight", "--deploy"])
"""Commands that the new revision must pass before it serves: tabs and columns that it needs, what a deploy can break."""


def roll_out(
    service: Service,
    image: str,
    desired: Mapping[str, Setting],
    *,
    steps: Sequence[int] = (100,),
    health_seconds: float = HEALTH_SECONDS,
) -> None:
    """Deploy an image with exactly these settings, check, move the traffic. Raises `GcloudError` once all is as before."""
    before, tag = service.serving(), f"{CANDIDATE}-{secrets.token_hex(3)}"
    _untag(service)
    service.deploy(
        "a new revision, without traffic",
        "--no-traffic",
        f"--tag={tag}",
        f"--update-labels={BEFORE}={before}",
        f"--image={image}",
        *difference(service.template(), desired),
    )
    if service.cloud.planning:
        for words in CHECKS:
            service.cloud.say(f"• npta {' '.join(words)}, as the new revision")
        service.cloud.say("• the traffic to it, if health and checks are right; else everything stays")
        return
    moved = False
    try:
        name, url = service.tagged(tag)
        _check(service, service.revision(name), url, health_seconds)
        for percent in steps:
            moved = True
            service.send(f"{percent} % of the traffic to {name}", f"--to-revisions={name}={percent}")
            if not answers(service.url, health_seconds):
                raise GcloudError(f"{service.url}/health does not answer with {percent} % of the traffic on {name}.")
    except GcloudError as error:
        if moved:
            service.send(f"back to {before}", f"--to-revisions={before}=100")
        raise GcloudError(f"{error}\nNothing has changed for callers: {service.serving()} serves.") from None
    finally:
        _untag(service)


def difference(now: Mapping[str, Setting], desired: Mapping[str, Setting]) -> list[str]:
    """Return the flags that make settings so.

    A deploy starts from the newest revision's settings, whether that serves or not: one whose rollout was broken off, or
    one that was rolled back, must hand nothing on.
    """
    gone = [name for name in now if name not in desired]
    turned = [name for name, entry in desired.items() if name in now and bool(now[name].secret) != bool(entry.secret)]
    values = {name: entry.value for name, entry in desired.items() if not entry.secret and now.get(name) != entry}
    pinned = {name: entry.secret for name, entry in desired.items() if entry.secret and now.get(name) != entry}
    plain = [name for name in (*gone, *turned) if not now[name].secret]
    secret = [name for name in (*gone, *turned) if now[name].secret]
    flags = [f"--remove-env-vars={','.join(plain)}"] if plain else []
    flags += [f"--update-env-vars={joined(values)}"] if values else []
    flags += [f"--remove-secrets={','.join(secret)}"] if secret else []
    return flags + ([f"--update-secrets={joined(pinned)}"] if pinned else [])


def _check(service: Service, candidate: Revision, url: str, health_seconds: float) -> None:
    if not answers(url, health_seconds):
        raise GcloudError(f"The new revision {candidate.name} does not answer at {url}/health; its log says why.")
    for words in CHECKS:
        service.command(candidate, words)


def _untag(service: Service) -> None:
    """Take our tags off, also those of a rollout that was broken off: a tagged revision keeps an instance, a second process.

    One that is under way beside this one then finds its revision no more, and ends without having changed anything.
    """
    tags = [str(entry["tag"]) for entry in service.traffic() if str(entry.get("tag", "")).startswith(CANDIDATE)]
    if tags:
        service.send("the tag off", f"--remove-tags={','.join(tags)}")


def digest_of(cloud: Gcloud, image: str) -> str:
    """Return the address of an image by its digest, so that what was tested is what is deployed."""
    if "@sha256:" in image:
        return image
    found = cloud.read("artifacts", "docker", "images", "describe", image)
    return f"{image.rpartition(':')[0]}@{found['image_summary']['digest']}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Roll an image out; exit 1 if everything is as before."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.rollout", description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--location", required=True, help="Cloud Run's region")
    parser.add_argument("--image", required=True, help="with its tag or digest")
    parser.add_argument("--steps", default="100", help="shares of the traffic, one after another: 10,50,100")
    given = parser.parse_args(arguments)
    cloud = Gcloud(given.project)
    service = Service(cloud, given.location)
    try:
        image = digest_of(cloud, given.image)
        if service.described():
            settings = service.revision(service.serving()).settings
            roll_out(service, image, settings, steps=[int(entry) for entry in given.steps.split(",")])
            print(f"{service.serving()} serves {image}")
        else:
            print(f"There is no service yet; deploy/up makes it from {image}")
    except GcloudError as error:
        return ended(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
