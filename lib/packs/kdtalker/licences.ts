/** The permitted use of the released weights; docs/models.md names the sources of this information. */
export const LICENCES = {
  kdtalker: 'CC BY-NC 4.0 (KDTalker)',
  wav2lip: 'research and non-commercial use (Wav2Lip)',
  liveportrait: 'MIT (LivePortrait)',
} as const;
