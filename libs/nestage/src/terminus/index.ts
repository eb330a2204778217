export { terminusCheck, type TerminusCheckOptions } from './terminus-check.js';
