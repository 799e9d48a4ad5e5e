import { defineCommand } from '../../command.js';
import { JUDGES_OPTIONS } from '../../evaluate/options.js';

export const command = defineCommand({
  summary: 'Add networks of others that LSE, diversity, FID and CSIM need',
  usage: '[--out DIR] [--syncnet FILE ...] [--pull NAME,NAME] [--verify]',
  about: [
    'Without options it lists the judges: which file each is, where it is from, and under which licence. With --out alone it lists those of ' +
      'a folder. A file that is given becomes ONNX graphs in the folder, with licence, hash and fingerprint; a file of another network is ' +
      'refused with a list of what differs.',
    `--pull downloads files from the public model hub, as 'packs pull' does: each is listed with its licence, and you are asked once. The ` +
      'places are those that other programs use; the tensors are checked, whoever offers them. HF_ENDPOINT sets another hub, HF_TOKEN an ' +
      'access token. Judges that the hub does not have are to be fetched by hand.',
  ],
  options: JUDGES_OPTIONS,
  examples: [
    'kdtalker evaluate judges',
    'kdtalker evaluate judges --out judges --syncnet syncnet_v2.model --mmod mmod_human_face_detector.dat',
    'kdtalker evaluate judges --out judges --pull syncnet,s3fd,hopenet',
    'kdtalker evaluate judges --out judges --verify',
  ],
  async run(values, _operands, context) {
    const { judges } = await import('../../evaluate/judges.js');
    await judges(values, context);
    return 0;
  },
});
