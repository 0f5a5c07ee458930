from pipectl.cli.report import component_versions
from pipectl.report.explain import COMPONENTS


def test_every_component_that_comes_with_the_stack_has_a_version() -> None:
    versions = component_versions()
    assert all(
        versions[component.key][0].isdigit()
        for component in COMPONENTS
        if component.key not in ("ab", "redis")
    )


def test_a_version_belongs_to_a_component() -> None:
    assert component_versions().keys() <= {component.key for component in COMPONENTS}
