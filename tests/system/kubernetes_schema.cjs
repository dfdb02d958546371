// Checks every document of a Kubernetes manifest against the schema of its kind, more strictly than
// the schemas themselves: what none of them knows is an error too, as it is for "kubectl --validate".
// The places are printed; exit code 1.
// Usage: node kubernetes_schema.cjs DIRECTORY-WITH-node_modules MANIFEST
"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");

const [modules, manifest] = process.argv.slice(2);
const load = createRequire(`${modules}/node_modules/`);
const YAML = load("yaml");

// Before any schema is loaded: they are registered as they are needed.
const validation = load("@kubernetes-models/validate");
const place = load.resolve("@kubernetes-models/validate");
load.cache[place].exports = {
  ...validation,
  register: (name, schema) =>
    validation.register(
      name,
      schema.properties ? { additionalProperties: false, ...schema } : schema,
    ),
};

// A part may be of its schema or null: what is said of the second is no help.
function told(error) {
  if (!Array.isArray(error.errors)) return [error.message];
  return error.errors
    .filter(({ keyword, params }) => keyword !== "oneOf" && params.type !== "null")
    .map(({ instancePath, message, params }) =>
      [instancePath, message, params.additionalProperty].filter(Boolean).join(" "),
    );
}

function check(document) {
  if (document.errors.length > 0) throw document.errors[0];
  const object = document.toJS();
  const { apiVersion, kind } = object;
  const api = load(`kubernetes-models/${apiVersion}`);
  if (!api[kind]) throw new Error(`no ${kind} in ${apiVersion}`);
  new api[kind](object).validate();
  return `${kind} ${object.metadata.name}`;
}

let failed = false;
for (const document of YAML.parseAllDocuments(fs.readFileSync(manifest, "utf8"))) {
  try {
    console.log(`fits its schema: ${check(document)}`);
  } catch (error) {
    failed = true;
    for (const line of told(error)) console.log(`${manifest}: ${line}`);
  }
}
process.exit(failed ? 1 : 0);
