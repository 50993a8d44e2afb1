import { type Ask, askJson, type CallRules } from '../../../../../core/providers/http/request.ts';
import { FRAME_URL, fakeProvider, providerErrorOf, type Reply } from '../dialects/context.ts';

export const RULES: CallRules = {
  authorize: (key) => ({ authorization: key }),
  refusals: { model_not_found: 'ModelRetired', insufficient_user_quota: 'ProviderBalanceTooLow' },
};

export const SUBMIT: Ask = {
  purpose: 'submit',
  method: 'POST',
  url: 'https://gptproto.com/api/v3/google/veo3-fast/image-to-video',
  body: { prompt: 'a safety concern of mine', image: FRAME_URL },
  secrets: [FRAME_URL],
  echoes: ['a safety concern of mine'],
};
export const CHECK: Ask = {
  purpose: 'check',
  method: 'GET',
  url: 'https://gptproto.com/api/v3/predictions/abc/result',
};

export const failOf = async (ask: Ask, reply: Reply | Error) => {
  const { context, sent } = fakeProvider(reply);
  const error = await providerErrorOf(askJson(context, RULES, ask));
  expect(sent).toHaveLength(1);
  return error;
};
