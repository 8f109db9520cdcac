/**
 * The server's answer: an asset of 32 fields, in the shape of a real one.
 *
 * @since 0.1.0
 */

const fields = {
  _type: "file",
  type: "file",
  asset_type: "stream",
  name: "SC042_TK03_A-cam_graded.mov",
  account_id: "0b8e6f52-8c2a-4f5e-9f0d-5f3a0f7a1c11",
  project_id: "7d1f1c1e-2a4b-4f2d-8a55-0d6a3f1f9c22",
  team_id: "c2a7a3b0-61d5-4f0b-9d57-6c1e84f4b833",
  parent_id: "e4b2d9a6-93f7-4c0e-8d2f-1b6c57a9d044",
  creator_id: "9f6b1a34-57c8-4e6f-a1d2-37f0c8e5b955",
  creator: {
    _type: "user",
    id: "9f6b1a34-57c8-4e6f-a1d2-37f0c8e5b955",
    account_id: "0b8e6f52-8c2a-4f5e-9f0d-5f3a0f7a1c11",
    name: "Ada Okafor",
    email: "ada@example.com"
  },
  cover_asset_id: null,
  index: -4,
  label: "none",
  description: null,
  item_count: 0,
  comment_count: 3,
  versions: 0,
  frames: 2400,
  fps: 23.976,
  duration: 100.1,
  filesize: 1_254_332_416,
  filetype: "video/quicktime",
  view_count: 12,
  properties: null,
  original: "https://assets.example.com/uploads/SC042_TK03_A-cam_graded.mov?Expires=1700000000&Signature=d2l0aG91dA",
  is_hls_required: false,
  is_session_watermarked: false,
  archive_status: null,
  inserted_at: "2020-09-25T15:44:02.325115Z",
  updated_at: "2020-09-25T15:47:31.004218Z",
  deleted_at: null
}

const [head = "", tail = ""] = JSON.stringify({ id: "|", ...fields }).split("|")

/**
 * The body for one asset. All of it is ASCII, so its length is its number of bytes.
 *
 * @since 0.1.0
 * @category bodies
 */
export const assetBody = (id: string): string => head + id + tail
