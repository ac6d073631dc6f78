"""A headless browser, and the servers that it looks at."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from autograder import course

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PICTURES = os.environ.get("SCREENSHOTS")  # a folder to keep what was seen, for people to look at


class Browser:
    """Chromium with the few words that the tests need."""

    def __init__(self, driver):
        self.driver = driver

    def wait(self, what, seconds=120):
        """The first true value of a function of the driver."""
        try:
            return WebDriverWait(self.driver, seconds, 0.25).until(what)
        except TimeoutException:
            self.look("what-was-there-instead")
            raise

    def find(self, selector, seconds=120):
        """The elements of a CSS selector, as soon as there is one."""
        return self.wait(lambda driver: driver.find_elements(By.CSS_SELECTOR, selector), seconds)

    def look(self, name):
        """Keep a picture of what is shown, where somebody asked for pictures."""
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(PICTURES) / f"{name}.png"))

    def contrast(self, element):
        """The contrast ratio (WCAG 2) of the text of an element to what is behind it."""
        script = """
            let element = arguments[0], colors = [getComputedStyle(element).color];
            for (; element; element = element.parentElement) {
                const ground = getComputedStyle(element).backgroundColor;
                if (!/^rgba\\(.*, 0\\)$/.test(ground)) { colors.push(ground); break; }
            }
            return colors;
        """
        text, *ground = self.driver.execute_script(script, element)
        bright, dark = sorted((_luminance(text), _luminance(ground[0] if ground else "rgb(255, 255, 255)")))[::-1]
        return (bright + 0.05) / (dark + 0.05)


def _luminance(color):
    parts = [float(part) / 255 for part in re.findall(r"[\d.]+", color)[:3]]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


class Lab:
    """JupyterLab on a folder, and what it prints."""

    def __init__(self, words, folder, place, environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{port}", place / "lab.log"
        options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.allow_root=True"]
        own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
        environment = os.environ | {key: str(place / name) for key, name in own.items()} | environment
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter", *words, *options], cwd=folder, stdout=log, stderr=log,
                env=environment | {"PYTHONPATH": str(course.root())},
            )  # fmt: skip

    def __enter__(self):
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=5)
                return self
            except OSError:
                time.sleep(0.5)
        raise TimeoutError(self.log.read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
