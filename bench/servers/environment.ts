/** What the harness tells a server. */
export const port = Number(process.env['PORT']);
export const adapter = process.env['ADAPTER'] === 'fastify' ? 'fastify' : 'express';
