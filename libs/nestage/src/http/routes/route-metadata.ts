/** The stage route of a generated controller's method, what a built-in route is marked by; adapters find it on the function that Nest registers. @internal */
export const STAGE_ROUTE = 'nestage:stage-route';

/** Marks controllers that were generated and not written. @internal */
export const GENERATED = 'nestage:generated-controller';

/** Where the Fastify adapter looks for a route's `config`. @internal */
export const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__';
