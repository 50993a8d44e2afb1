import type { DialectName } from '../dialect-name.ts';
import type { AnswerVariant, FaultRow } from './fault.ts';

/** Rows of one dialect. A prompt that requests them from another dialect is refused. */
const variantsOf = (dialect: DialectName, rows: readonly [AnswerVariant, string][]): FaultRow[] =>
  rows.map(([variant, description]) => ({
    name: variant,
    description: `${dialect}: ${description}`,
    stage: 'variant',
    dialect,
    variant,
  }));

/** Forms of the answers that only some gateways of a dialect have. */
export const answerVariants: readonly FaultRow[] = [
  ...variantsOf('gemini', [
    ['generated-videos', 'the videos are in response.generatedVideos'],
    ['flat-samples', 'generatedSamples directly under response'],
    ['sample-object', 'generatedSamples is one object, not a list (seed 003)'],
    ['encoded-video', 'the video comes in the answer, as base64'],
    ['other-model', 'the operation carries the name of another model (seed 003)'],
    ['partial', 'the last sample is withheld as unsafe'],
  ]),
  ...variantsOf('openai-video', [
    ['shape-1', 'polls: {task_id, status, url, format, metadata, error}'],
    ['shape-2', 'polls: {code, data: {task_id, status: SUCCESS, fail_reason, result_url, progress}}'],
    ['shape-3', 'polls: {code, data: {task_id, status: succeeded, url, error}}'],
    ['shape-4', 'polls: {id, object, status: completed, progress, error, metadata: {url}}'],
    ['content-url', 'the URL of the video is /v1/videos/ID/content, which needs the key'],
    ['data-url', 'the URL of the video is a data: URL with all of it'],
    ['url-text', 'without a video, the URL is the text of the failure'],
    ['no-reason', 'a failure comes without its reason'],
    ['odd-id', 'the task id holds characters that must be percent-encoded'],
    ['other-id', 'polls show another id, which the gateway does not know'],
  ]),
];
