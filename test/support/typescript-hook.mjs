// Lets a process run this repository's TypeScript: `node --import ./test/support/typescript-hook.mjs file.ts`.
import '../../libs/nestage/src/threads/typescript-hook.mjs';
