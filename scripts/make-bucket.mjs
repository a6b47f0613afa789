// Makes the bucket of TANDEM_STORE (s3://BUCKET/PREFIX), unless it is there, on the S3 server of the TANDEM_S3_*
// settings.
import { S3 } from '@aws-sdk/client-s3';

const { TANDEM_STORE: store = '', TANDEM_S3_ENDPOINT: endpoint, TANDEM_S3_REGION: region = 'us-east-1' } = process.env;
const Bucket = /^s3:\/\/([^/]+)/.exec(store)?.[1];
if (!Bucket) {
  console.error(`TANDEM_STORE: expected s3://BUCKET/PREFIX, got ${store || 'nothing'}`);
  process.exit(2);
}
const accessKeyId = process.env.TANDEM_S3_ACCESS_KEY_ID;
const secretAccessKey = process.env.TANDEM_S3_SECRET_ACCESS_KEY;
const s3 = new S3({
  region,
  ...(endpoint && { endpoint, forcePathStyle: true }),
  ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
});
try {
  await s3.headBucket({ Bucket });
  console.log(`Bucket ${Bucket} is there.`);
} catch (error) {
  if (error.$metadata?.httpStatusCode !== 404) {
    console.error(`Bucket ${Bucket}: ${error.name}: ${error.message}\n  Check the endpoint and the access key.`);
    process.exit(1);
  }
  await s3.createBucket({ Bucket });
  console.log(`Bucket ${Bucket} is made.`);
}
