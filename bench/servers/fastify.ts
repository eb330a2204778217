import fastify from 'fastify';
import { port } from './environment.js';

const app = fastify();
const text = (name: string) => ({ type: 'object', required: [name], properties: { [name]: { type: 'string', minLength: 1 } } });

app.post<{ Body: { message: string } }>(
  '/echo',
  { schema: { body: text('message'), response: { 200: text('response') } } },
  async ({ body }) => ({ response: body.message }),
);

await app.listen({ port, host: '127.0.0.1' });
