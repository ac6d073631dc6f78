"""What instructors and students read after grading: the class report, a feedback page, similarity, formgrader."""

import shutil

import pytest
from classes import hand_in, handed_in, typed
from looking import Lab
from making import GRAD_CAM
from selenium.webdriver.common.by import By

from autograder import course

WRONG = "def channel_weights(g):\n    return g.sum(dim=(2, 3))"


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """A graded class of three, with its pages."""
    folder = tmp_path_factory.mktemp("class")
    shutil.copy(course.root() / "nbgrader_config.py", folder)
    shutil.copytree(course.root() / "solutions" / GRAD_CAM, folder / "solutions" / GRAD_CAM)
    for name in ("right", "copied"):
        hand_in(folder, name, handed_in())
    notebook = handed_in(channel_weights=WRONG)
    for cell in notebook.cells:
        if cell.source.startswith("*Your answer"):
            cell.source = "An answer that a person has to read."
    hand_in(folder, "wrong", notebook)
    assert typed("grade", "03", "--folder", folder, "--workers", 1).exit_code == 0
    typed("feedback", "03", "--folder", folder)
    typed("report", "03", "--folder", folder)
    typed("similarity", "03", "--folder", folder)
    return folder


def check_page(browser, path, name):
    """Open a page from disk: it needs nothing from the network, its pictures have words, its text can be read."""
    browser.driver.get(path.as_uri())
    browser.look(name)
    fetched = browser.driver.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert not [one for one in fetched if one.startswith("http") and "mathjax" not in one.lower()]
    for picture in browser.driver.find_elements(By.TAG_NAME, "img"):
        assert picture.get_attribute("alt")
    width = browser.driver.execute_script("return [document.body.scrollWidth, innerWidth]")
    assert width[0] <= width[1] + 20
    return browser.driver.find_element(By.TAG_NAME, "body").text


def test_the_class_report(browser, a_class):
    text = check_page(browser, a_class / f"report-{GRAD_CAM}.html", "report")
    assert "summed over positions" in text and "wrong" in text and "right" in text


def test_a_feedback_page(browser, a_class):
    path = a_class / "feedback" / "wrong" / GRAD_CAM / f"{GRAD_CAM}.html"
    text = check_page(browser, path, "feedback")
    assert "You summed over the positions" in text and "✓" in text and "✗" in text
    for card in browser.driver.find_elements(By.CSS_SELECTOR, "[role=status]"):
        browser.driver.execute_script("arguments[0].scrollIntoView()", card)
        for element in [card, *card.find_elements(By.CSS_SELECTOR, "*")]:
            if element.text.strip():
                assert browser.contrast(element) >= 4.5, element.get_attribute("outerHTML")[:300]
    browser.look("feedback-card")


def test_the_similarity_page(browser, a_class):
    assert "copied" in check_page(browser, a_class / f"similarity-{GRAD_CAM}.html", "similarity")


def test_formgrader_shows_the_class_and_a_written_answer_to_be_read(browser, a_class, tmp_path):
    with Lab(["lab", "--log-level=ERROR"], a_class, tmp_path, {}) as lab:
        browser.driver.get(f"{lab.url}/formgrader/manage_assignments")
        browser.wait(lambda driver: GRAD_CAM in driver.find_element(By.TAG_NAME, "body").text)
        browser.look("formgrader")
        browser.driver.get(f"{lab.url}/formgrader/gradebook/{GRAD_CAM}/{GRAD_CAM}")
        rows = browser.wait(lambda driver: driver.find_elements(By.CSS_SELECTOR, "#main table tbody tr, tbody tr"))
        browser.wait(lambda driver: "Submission #" in driver.find_element(By.TAG_NAME, "body").text)
        browser.look("formgrader-submissions")
        assert rows
        link = browser.driver.find_element(By.PARTIAL_LINK_TEXT, "Submission #1")
        browser.driver.get(link.get_attribute("href"))
        browser.wait(lambda driver: "check(channel_weights)" in driver.find_element(By.TAG_NAME, "body").text)
        browser.look("formgrader-one")
        assert browser.driver.find_elements(By.CSS_SELECTOR, "[role=status]")
