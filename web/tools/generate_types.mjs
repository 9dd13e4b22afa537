// Derives src/api/types.ts from proto/tinyrig/v1/*.proto, by way of protoc's descriptors and protobuf's JSON mapping.
//
//   generate_types.mjs           checks that the committed file is what the protos say
//   generate_types.mjs --write   writes it
//
// Without protoc the check is skipped, and says so. Only unary methods are listed: streams do not cross JSON.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const protoRoot = join(web, '..', 'proto');
const target = join(web, 'src', 'api', 'types.ts');

// --- the protobuf wire format, as far as descriptors need it -----------------------------------------------------

function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0: yield { number, value: varint() }; break;
      case 1: at += 8; break;
      case 5: at += 4; break;
      case 2: {
        const size = varint();
        yield { number, bytes: bytes.subarray(at, at + size) };
        at += size;
        break;
      }
      default: throw new Error(`wire type ${tag % 8} in a descriptor`);
    }
  }
}

const one = (bytes, number) => [...fields(bytes)].find((f) => f.number === number);
const all = (bytes, number) => [...fields(bytes)].filter((f) => f.number === number).map((f) => f.bytes);
const text = (bytes, number) => {
  const field = one(bytes, number);
  return field ? Buffer.from(field.bytes).toString('utf8') : '';
};

// --- descriptors to TypeScript -----------------------------------------------------------------------------------

const PACKAGE = '.tinyrig.v1.';
const shortName = (typeName) => typeName.slice(PACKAGE.length).replaceAll('.', '');
const wellKnownTypes = { '.google.protobuf.Timestamp': 'Timestamp', '.google.protobuf.Duration': 'Duration' };
const jsonTypes = {
  1: 'Double', 2: 'Double', 3: 'Int64', 4: 'Int64', 5: 'number', 6: 'Int64', 7: 'number', 8: 'boolean',
  9: 'string', 12: 'string', 13: 'number', 15: 'number', 16: 'Int64', 17: 'number', 18: 'Int64',
};

function fieldType(field, mapEntries) {
  const type = one(field, 5).value;
  const typeName = text(field, 6);
  const repeated = one(field, 4)?.value === 3;
  if (mapEntries.has(typeName)) {
    const value = all(mapEntries.get(typeName), 2).find((f) => one(f, 3).value === 2);
    return `Record<string, ${fieldType(value, mapEntries)}>`;
  }
  let name = jsonTypes[type];
  if (!name) name = wellKnownTypes[typeName] ?? shortName(typeName);
  return repeated ? `${name}[]` : name;
}

function messageTypes(message, prefix, out) {
  const name = prefix + text(message, 1);
  const mapEntries = new Map();
  for (const nested of all(message, 3)) {
    const options = one(nested, 7);
    if (options && one(options.bytes, 7)?.value) mapEntries.set(`${PACKAGE}${name}.${text(nested, 1)}`, nested);
  }
  for (const nested of all(message, 3)) {
    if (!mapEntries.has(`${PACKAGE}${name}.${text(nested, 1)}`)) messageTypes(nested, `${name}.`, out);
  }
  for (const nested of all(message, 4)) enumType(nested, `${name}.`, out);
  const lines = all(message, 2).map((field) => `  ${text(field, 10)}?: ${fieldType(field, mapEntries)};`);
  const ts = name.replaceAll('.', '');
  out.push(lines.length ? `export interface ${ts} {\n${lines.join('\n')}\n}` : `export type ${ts} = Record<string, never>;`);
}

function enumType(descriptor, prefix, out) {
  const values = all(descriptor, 2).map((value) => `  | '${text(value, 1)}'`);
  out.push(`export type ${(prefix + text(descriptor, 1)).replaceAll('.', '')} =\n${values.join('\n')};`);
}

function generate(descriptorSet) {
  const out = [];
  const methods = [];
  for (const file of all(descriptorSet, 1)) {
    if (text(file, 2) !== PACKAGE.slice(1, -1)) continue;
    for (const descriptor of all(file, 5)) enumType(descriptor, '', out);
    for (const message of all(file, 4)) messageTypes(message, '', out);
    for (const service of all(file, 6)) {
      for (const method of all(service, 2)) {
        if (one(method, 5)?.value || one(method, 6)?.value) continue;
        methods.push(
          `  '${PACKAGE.slice(1)}${text(service, 1)}/${text(method, 1)}': ` +
            `{ request: ${shortName(text(method, 2))}; response: ${shortName(text(method, 3))} };`,
        );
      }
    }
  }
  return [
    '// Generated from proto/tinyrig/v1 by tools/generate_types.mjs ("npm run types"). Do not edit.',
    '// Protobuf\'s JSON mapping: fields that hold their default may be absent, 64-bit integers are strings.',
    '/** A 64-bit integer in decimal digits. */\nexport type Int64 = string;',
    "export type Double = number | 'NaN' | 'Infinity' | '-Infinity';",
    '/** RFC 3339, UTC. */\nexport type Timestamp = string;',
    '/** Seconds: "1.5s". */\nexport type Duration = string;',
    ...out,
    `/** Unary methods: POST /METHOD with the request as JSON. */\nexport interface Methods {\n${methods.join('\n')}\n}`,
  ].join('\n\n').replace('Do not edit.\n\n//', 'Do not edit.\n//') + '\n';
}

function descriptors() {
  const folder = mkdtempSync(join(tmpdir(), 'tinyrig-types-'));
  try {
    const output = join(folder, 'set.pb');
    const files = readdirSync(join(protoRoot, 'tinyrig/v1')).filter((f) => f.endsWith('.proto')).sort();
    execFileSync('protoc', [`-I${protoRoot}`, `--descriptor_set_out=${output}`, ...files.map((f) => `tinyrig/v1/${f}`)]);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let set;
try {
  set = descriptors();
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
  console.log('generate_types: SKIPPED 1 check, protoc is not installed (Debian: protobuf-compiler)');
  process.exit(process.argv.includes('--write') ? 1 : 0);
}
const types = generate(set);
if (process.argv.includes('--write')) {
  writeFileSync(target, types);
} else if (readFileSync(target, 'utf8') !== types) {
  console.error('generate_types: src/api/types.ts is not what proto/tinyrig/v1 says; run "npm run types" and commit.');
  process.exit(1);
}
