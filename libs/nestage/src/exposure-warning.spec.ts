import { exposureWarning } from './exposure-warning.js';

describe('the warning about an exposed service', () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com'])('says on %s what to do', (host) => {
    expect(exposureWarning({ host, isKeyed: false, environment: {} })).toBe(
      `The service listens on ${host} without API keys, so whoever reaches it may use it. Import SecurityModule.forRoot() of ` +
        'nestage/security and set API_KEYS=name:key or API_KEYS_FILE, or listen on 127.0.0.1',
    );
  });

  it.each(['127.0.0.1', 'localhost', '::1', '127.1.2.3'])('is silent on %s', (host) => {
    expect(exposureWarning({ host, isKeyed: false, environment: {} })).toBeUndefined();
  });

  it.each([{ apiKeys: 'ann:secret' }, { managementApiKeys: 'ann:secret' }, { apiKeysFile: 'secret.json' }])(
    'says on any host that keys are set which nothing asks for: %j',
    (environment) => {
      const warning = exposureWarning({ host: '127.0.0.1', isKeyed: false, environment });
      expect(warning).toMatch(/^API keys are set in the environment, but nothing asks for them/);
      expect(warning).not.toContain('secret');
    },
  );

  it('is silent where keys are demanded', () => {
    expect(exposureWarning({ host: '0.0.0.0', isKeyed: true, environment: { apiKeys: 'ann:secret' } })).toBeUndefined();
  });
});
