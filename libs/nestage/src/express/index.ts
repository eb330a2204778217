export { StageExpressAdapter } from '../http/express/stage-express.adapter.js';
