"""Whatever the API's description allows, and what it does not: no server error, no surprise."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.pipeline.web.conftest import Server

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CASES = [
    ("/v1/colorize", "post", VALID),
    ("/v1/colorize", "post", INVALID),
    ("/v1/categories", "get", VALID),
    ("/healthz", "get", VALID),
    ("/metrics", "get", VALID),
]


@pytest.fixture(scope="module")
def schema(server: Server):
    return schemathesis.openapi.from_url(f"{server.url}openapi.json")


@pytest.mark.parametrize(("path", "method", "mode"), CASES)
def test_the_api_does_what_its_description_says(schema, path, method, mode):
    statuses = set()

    @settings(
        max_examples=60,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case):
        statuses.add(case.call_and_validate(checks=CHECKS).status_code)

    ask()
    assert statuses <= ({200} if method == "get" else {200, 400, 422})


def test_no_operation_is_left_out(schema):
    assert {path for path, _, _ in CASES} == set(schema.raw_schema["paths"])
