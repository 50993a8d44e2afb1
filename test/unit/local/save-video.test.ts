import { videoName } from '../../../local/save-video.ts';

test.each([
  ['frame.jpg', 'frame'],
  ['boats/Mäd chen+1.tar.png', 'Mäd chen+1.tar'],
  ['../../etc/passwd', 'passwd'],
  ['a/..', 'video'],
  ['.png', 'png'],
  ['a\\b:c?.png', 'a_b_c_'],
])('%s is saved as %s.mp4', (key, name) => {
  expect(videoName(key)).toBe(name);
});
