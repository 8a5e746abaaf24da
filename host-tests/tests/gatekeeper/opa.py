"""Evaluates templates in OPA: lines of JSON in, lines of JSON out, in the same order.

In:  {"rego": text, "package": name, "input": value, "data": what external_data returns, with "KEY" for the key that was asked for}
Out: {"messages": [sorted texts], "keys": [text]} or {"error": text}
"""

import json
import sys

from opa_bindings import OpaEngine


def filled(value, key):
    if isinstance(value, list):
        return [filled(item, key) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, key) for name, item in value.items()}
    return key if value == "KEY" else value


class Template:
    def __init__(self, rego):
        self.data, self.keys = None, []
        self.engine = OpaEngine()
        self.engine.register_function("external_data", self.external_data, arity=1)
        self.engine.add_policy("template.rego", rego)

    def external_data(self, asked):
        self.keys.extend(asked["keys"])
        return filled(self.data, asked["keys"][0])

    def evaluate(self, package, document, data):
        self.data, self.keys = data, []
        violations = self.engine.eval_document(package + ".violation", document)
        return {"messages": sorted(violation["msg"] for violation in violations), "keys": self.keys}


templates = {}
for line in sys.stdin:
    asked = json.loads(line)
    template = templates.get(asked["rego"])
    if template is None:
        template = templates[asked["rego"]] = Template(asked["rego"])
    try:
        answer = template.evaluate(asked["package"], asked["input"], asked["data"])
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer))
