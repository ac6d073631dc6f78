"""Tests in a browser are skipped where chromium is not installed."""

import sys
from pathlib import Path

import pytest
from looking import CHROMIUM, DRIVER, Browser
from selenium import webdriver

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "autograder"))  # for the small classes that are graded


def pytest_collection_modifyitems(items):
    if not (CHROMIUM and DRIVER):
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="chromium and chromedriver are not installed"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1300,1000",
                 f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(60)
    yield Browser(driver)
    driver.quit()
