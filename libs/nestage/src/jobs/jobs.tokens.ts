/** DI token of the options as given. @internal */
export const JOBS_OPTIONS = Symbol('nestage:jobs-options');

/** DI token of the options with defaults filled. @internal */
export const RESOLVED_JOBS_OPTIONS = Symbol('nestage:resolved-jobs-options');

/** DI token of the engine that keeps the jobs, whoever brought it. @internal */
export const JOBS_ENGINE = Symbol('nestage:jobs-engine');

/** DI token of the store that keeps their bytes, whoever brought it. @internal */
export const JOBS_STORE = Symbol('nestage:jobs-store');

/** DI token of the addresses of jobs. @internal */
export const JOB_LINKS = Symbol('nestage:job-links');

/** DI token of what tells their ends to others, if anything does. @internal */
export const JOB_WEBHOOKS = Symbol('nestage:job-webhooks');

/** DI token of the routes by which clients ask, if there are any. @internal */
export const JOB_ROUTES = Symbol('nestage:job-routes');
