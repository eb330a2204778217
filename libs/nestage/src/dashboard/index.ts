export { DashboardModule } from './dashboard.module.js';
export type { DashboardOptions } from './dashboard.options.js';
