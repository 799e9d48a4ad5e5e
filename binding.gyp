{
  # Kept for tools that expect one: the build itself is CMakeLists.txt, through cmake-js.
  "targets": [
    {
      "target_name": "kdtalker",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/kdtalker.node"],
          "action": ["node", "native/build/gyp.mjs", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
