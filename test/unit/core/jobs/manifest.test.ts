import { manifest, videoKey } from '../../../../core/jobs/manifest.ts';
import { at, jobRequest, providerSettings, storingState } from '../../../support/jobs.ts';

const { startFrame: _, ...withoutFrame } = jobRequest();
const write = (request: Parameters<typeof manifest>[0]['request']) =>
  manifest({ state: storingState(), request }, providerSettings(), { videos: [], notes: [] }, at(70));

it('says the scene, and what it was made from', () => {
  expect(write(jobRequest())).toMatchObject({
    request: { scene: 'image-to-video', startFrame: { key: 'shoe.png' } },
  });
  const referenceFrames = [{ bucket: 'frames', key: 'a.png' }];
  expect(write({ ...withoutFrame, referenceFrames })).toMatchObject({
    request: { scene: 'reference-to-video', referenceFrames: [{ key: 'a.png' }] },
  });
});

it('says how urgent it was, where somebody said so', () => {
  expect(write(jobRequest({ priority: 'low' }))).toMatchObject({ request: { priority: 'low' } });
  expect(JSON.stringify(write(jobRequest()))).not.toContain('priority');
});

it('holds no address that opens anything', () => {
  const uri = 'https://files.example/v.mp4?X-Amz-Signature=ca9a7700#t=1';
  expect(write({ ...withoutFrame, video: { uri } })).toMatchObject({
    request: { scene: 'video-to-video', video: { uri: 'https://files.example/v.mp4' } },
  });
});

it('further videos stand beside the first', () => {
  expect([0, 1].map((index) => videoKey('videos/a.mp4.mp4', index))).toEqual([
    'videos/a.mp4.mp4',
    'videos/a.mp4.2.mp4',
  ]);
});
