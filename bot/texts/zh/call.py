"""Chinese: reading aloud in a voice call or a chat."""

SENTENCES: dict[str, str] = {
    "call.no_view": "我看不到 {channel}：请管理者给我“查看频道”权限。",
    "call.no_connect": "我不能进入 {channel}：请管理者给我“连接”权限。",
    "call.no_speak": "我不能在 {channel} 说话：请管理者给我“说话”权限。",
    "call.full": "{channel} 已满（{limit} 人）。请腾出位置、调高上限，或给我“移动成员”权限。",
    "call.not_let_in": "Discord 的语音服务器没有让我进入 {channel}。请再用一次 /join。",
    "call.taken_out": "有人把我移出了 {channel}，朗读已结束。用 /join 可以叫我回来。",
    "call.encryption": "{channel} 要求一种我没有的加密方式。请托管者更新我。",
    "call.rate_limited": "Discord 正在限制我进入语音频道。请过几分钟再用 /join。",
    "call.unreachable": "无法进入 {channel}：Discord 的语音服务器没有回应。请稍后再试。",
    "call.more": "还有 {count} 条",
    "call.more_from": "{name}还有 {count} 条",
}
