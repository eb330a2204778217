import { answerChat } from '../servers/answer-chat.js';
import { bareNest, fastApi, nestage, raw } from './peers.js';
import type { Scenario } from './scenario.js';
import { compareThroughput } from './throughput.js';

const request = {
  model: 'echo',
  messages: [
    { role: 'system', content: 'You answer in one sentence, in the language of the question, and say so when you do not know.' },
    { role: 'user', content: 'Which invoices of last month are still open, and what do they come to?' },
    { role: 'assistant', content: 'Three are open: 2024-0112, 2024-0115 and 2024-0117. Together they come to 1 912.40 euros.' },
    { role: 'user', content: 'Write a friendly reminder for the oldest of them, with the amount and a date two weeks from today.' },
  ],
  temperature: 0.7,
  top_p: 0.95,
  max_tokens: 256,
  stream: false,
  seed: 7,
  user: 'customer-000042-of-harbor-street-photo',
};
const body = JSON.stringify(request);

export const chat: Scenario = {
  id: 'chat',
  title: 'Chat request',
  run: async (bench) => {
    const python = fastApi(bench);
    const candidates = [raw, ...bareNest, ...nestage, ...python.candidates];
    const openAi = nestage.map(({ name, spec }) => ({ name: name.replace('nestage', 'nestage/openai'), spec }));
    return {
      about:
        `POST of an OpenAI chat of ${body.length} bytes by 64 clients. Nest and nestage have the same classes of class-validator, FastAPI the same in ` +
        'pydantic; node:http checks nothing. nestage/openai is the whole protocol: every field that clients send, the prompt, the completion, the usage.',
      absent: python.absent,
      ...(await compareThroughput(bench, [
        ...candidates.map((candidate) => ({ ...candidate, requests: [{ path: '/chat', body }], expected: answerChat(request) })),
        ...openAi.map((candidate) => ({ ...candidate, requests: [{ path: '/v1/chat/completions', body }], expected: undefined })),
      ])),
    };
  },
};
