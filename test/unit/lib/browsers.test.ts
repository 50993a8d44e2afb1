import * as z from 'zod';
import { changedStage, resourcesOf, type stage, templateOf } from '../../support/synth.ts';

const Bucket = z.looseObject({
  CorsConfiguration: z.object({ CorsRules: z.array(z.looseObject({})) }).optional(),
});
const corsOf = (config: ReturnType<typeof stage>) =>
  Object.fromEntries(
    [...resourcesOf(templateOf(config), 'AWS::S3::Bucket', Bucket)].map(([id, { CorsConfiguration }]) => [
      id.replace(/[0-9A-F]{8}$/, ''),
      CorsConfiguration?.CorsRules,
    ]),
  );

test('pages of the origins that may call the API may upload frames and read videos, and nothing else', () => {
  const origins = ['https://studio.example.com', 'http://localhost:3000'];
  const config = changedStage('dev', (settings) => {
    settings.api = { allowedOrigins: origins };
  });
  expect(corsOf(config)).toEqual({
    AccessLogs: undefined,
    FrameInboxInbox: undefined,
    FrameInboxFrames: [
      {
        AllowedOrigins: origins,
        AllowedMethods: ['PUT', 'POST'],
        AllowedHeaders: ['*'],
        ExposedHeaders: ['etag', 'x-amz-version-id'],
        MaxAge: 600,
      },
    ],
    VideoLibraryVideos: [
      {
        AllowedOrigins: origins,
        AllowedMethods: ['GET', 'HEAD'],
        AllowedHeaders: ['range', 'if-range', 'if-match', 'if-none-match'],
        ExposedHeaders: ['accept-ranges', 'content-length', 'content-range', 'etag'],
        MaxAge: 600,
      },
    ],
  });
});

test('without origins no page may touch a bucket', () => {
  const config = changedStage('dev', () => undefined);
  expect(Object.values(corsOf(config)).every((rules) => rules === undefined)).toBe(true);
});
