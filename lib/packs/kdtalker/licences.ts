/** What the released weights may be used for; docs/models.md says where this is known from. */
export const LICENCES = {
  kdtalker: 'CC BY-NC 4.0 (KDTalker)',
  wav2lip: 'research and non-commercial use (Wav2Lip)',
  liveportrait: 'MIT (LivePortrait)',
} as const;
