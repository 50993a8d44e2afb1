import { z } from 'zod';
import { gateway, promptWith } from './gateway-builder.ts';
import { key, picture, postJson, repeat } from './support.ts';

export const model = 'veo-3.1-fast-generate-preview';
export const image = { mimeType: 'image/jpeg', bytesBase64Encoded: picture.toString('base64') };
export const reference = { image, referenceType: 'asset' };
export const withKey = { 'x-goog-api-key': key };

const Operation = z.object({
  name: z.string(),
  done: z.boolean().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
  response: z.record(z.string(), z.unknown()).optional(),
});
type Operation = z.infer<typeof Operation>;
const Samples = z.object({
  generateVideoResponse: z.object({
    generatedSamples: z.array(z.object({ video: z.object({ uri: z.string() }) })),
  }),
});
export const ErrorBody = z.object({
  error: z.strictObject({
    code: z.number(),
    message: z.string(),
    status: z.string(),
    details: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
});

interface Body {
  instance?: Record<string, unknown>;
  parameters?: Record<string, unknown>;
}
export const bodyOf = ({ instance, parameters }: Body) => ({
  instances: [{ prompt: 'A boat', ...instance }],
  ...(parameters ? { parameters } : {}),
});

export const post = (body: unknown, { name = model, on = gateway, headers = withKey } = {}) =>
  postJson(`${on.url}/v1beta/models/${name}:predictLongRunning`, body, headers);

export async function accept(body: Body, options?: Parameters<typeof post>[1]): Promise<Operation> {
  const response = await post(bodyOf(body), options);
  if (response.status !== 200) throw new Error(`not accepted: ${await response.text()}`);
  return Operation.parse(await response.json());
}

export const ask = (name: string, on = gateway) => fetch(`${on.url}/v1beta/${name}`, { headers: withKey });
export const done = (name: string) =>
  repeat(
    async () => Operation.parse(await (await ask(name)).json()),
    (operation) => operation.done === true,
  );
export const urisOf = ({ response }: Operation) =>
  Samples.parse(response).generateVideoResponse.generatedSamples.map(({ video }) => video.uri);

export const operationWith = async (fault: string, parameters?: Record<string, unknown>) => {
  const body = { instance: { prompt: promptWith(fault) }, ...(parameters ? { parameters } : {}) };
  return done((await accept(body)).name);
};
