import { listeningLine } from './listening-line.js';

describe(listeningLine.name, () => {
  const url = 'http://127.0.0.1:8000';
  const landmarks = [
    { title: 'health', path: '/api/health' },
    { title: 'status page', path: '/api/dashboard' },
  ];

  it('names what is served with its path', () => {
    expect(listeningLine({ url, docs: '/docs', landmarks })).toBe(
      'Listening on http://127.0.0.1:8000 with API docs at /docs, health at /api/health, status page at /api/dashboard',
    );
  });

  it('names the address alone where nothing else is served', () => {
    expect(listeningLine({ url, docs: false, landmarks: [] })).toBe('Listening on http://127.0.0.1:8000');
  });

  it('sends operators to their own listener', () => {
    const management = { address: '::1', family: 'IPv6', port: 9000 };
    expect(listeningLine({ url, docs: 'docs', landmarks, management })).toBe(
      'Listening on http://127.0.0.1:8000 with API docs at /docs and, for operators, on http://[::1]:9000 with health at /api/health, ' +
        'status page at /api/dashboard',
    );
    expect(listeningLine({ url, docs: false, landmarks: [], management })).toBe(
      'Listening on http://127.0.0.1:8000 and, for operators, on http://[::1]:9000',
    );
  });
});
