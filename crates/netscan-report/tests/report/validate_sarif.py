"""Exits with 1, and says why, unless the document named second is valid by the JSON schema named first."""

import json
import sys

from jsonschema import Draft4Validator, FormatChecker

schema, document = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
Draft4Validator.check_schema(schema)
errors = [f"{error.json_path}: {error.message}" for error in Draft4Validator(schema, format_checker=FormatChecker()).iter_errors(document)]
if errors:
    sys.exit("\n".join(errors))
