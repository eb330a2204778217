// Compiles the library, the apps and the benchmarks as a release would be, and runs them: `npm run bench -- --help`.
import { build } from './build.mjs';

const { main, root } = await build();
const { run } = await import(main);
process.exitCode = await run(root, process.argv.slice(2));
