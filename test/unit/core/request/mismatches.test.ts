import { mismatches, type RequestedVideo } from '../../../../core/request/mismatches.ts';

const requested: RequestedVideo = { durationSeconds: 8, resolution: '720p', aspectRatio: '16:9' };
const made = { durationSeconds: 8.04, width: 1280, height: 720 };

it('a video as it was requested gives no note', () => {
  expect(mismatches(requested, [made])).toEqual([]);
  expect(mismatches(requested, [{ ...made, width: 1280, height: 704 }])).toEqual([]);
  expect(mismatches({ ...requested, aspectRatio: '9:16' }, [{ ...made, width: 720, height: 1280 }])).toEqual(
    [],
  );
});

it.each([
  [{ durationSeconds: 5 }, {}, '5 s long, 8 s'],
  [{ width: 640, height: 360 }, {}, '640 × 360, 720p'],
  [{ width: 720, height: 1280 }, {}, '720 × 1280, 16:9'],
  [{}, { videoCount: 2 }, '2 videos were requested, 1 came'],
])('%j of %j is noted', (changes, request, words) => {
  const notes = mismatches({ ...requested, ...request }, [{ ...made, ...changes }]);
  expect(notes).toEqual([expect.stringContaining(words)]);
});

it('how long a continued video is, only the provider knows', () => {
  const video = { url: async () => 'https://gateway.example/v.mp4' };
  expect(mismatches({ ...requested, video }, [{ ...made, durationSeconds: 15 }])).toEqual([]);
});
