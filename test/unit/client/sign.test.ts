import fc from 'fast-check';
import { signing } from '../../../client/sign.ts';
import { isSignedWith, signatureOf } from '../../support/strict-wire/signature.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/with+signs' };

const anything = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/^\.{0,2}$/.test(text));
const values = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme' }));

it('signs what it sends as AWS checks it, whatever stands in path, query and body', async () => {
  await fc.assert(
    fc.asyncProperty(anything, values, fc.option(fc.string()), async (id, query, body) => {
      const search = Object.entries(query)
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join('&');
      const url = new URL(
        `https://abc.execute-api.eu-west-1.amazonaws.com/jobs/${encodeURIComponent(id)}?${search}`,
      );
      const request = { method: 'POST', url, headers: { accept: 'application/json' } };
      const signed = await signing({ credentials })(body === null ? request : { ...request, body });
      const headers = new Map(
        Object.entries({ ...signed, host: url.host }).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const sent = Object.entries(query);
      const signature = signatureOf(headers, sent);
      expect(signature).toMatchObject({ service: 'execute-api', region: 'eu-west-1' });
      const parts = {
        method: 'POST',
        path: url.pathname,
        query: sent,
        headers,
        body: Buffer.from(body ?? ''),
      };
      expect(signature && isSignedWith(parts, signature, credentials.secretAccessKey)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
