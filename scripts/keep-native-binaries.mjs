// Takes the binaries of other systems and processors out of node_modules: `node scripts/keep-native-binaries.mjs [node_modules]`.
// onnxruntime-node ships those of all, a quarter of a gigabyte.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const modules = process.argv[2] ?? 'node_modules';
const builds = join(modules, 'onnxruntime-node/bin');

for (const api of existsSync(builds) ? readdirSync(builds) : []) {
  for (const platform of readdirSync(join(builds, api))) {
    if (platform !== process.platform) remove(join(builds, api, platform));
    else
      for (const processor of readdirSync(join(builds, api, platform)))
        if (processor !== process.arch) remove(join(builds, api, platform, processor));
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true });
  process.stdout.write(`removed ${folder}\n`);
}
