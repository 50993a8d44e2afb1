/** Pixels as stored, and how a viewer turns them. */
export interface PictureSize {
  /** Pixels, as stored: before the turn that `orientation` asks for. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (as stored) to 8. With 5 to 8 a viewer shows the picture `height` wide and `width` high. */
  readonly orientation: number;
}
