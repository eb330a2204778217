import express from 'express';
import { port } from './environment.js';

const app = express();
app.use(express.json());

app.post('/echo', (request, response) => {
  const { message } = request.body as { message: string };
  response.json({ response: message });
});

app.listen(port, '127.0.0.1');
