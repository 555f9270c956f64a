# 简体中文。{ $花括号 } 中的内容由程序填入。

## 各处
brand = { -name }
description = 登录 { -name }，查看您在何处登录，并随时结束任何会话。
language-name = 简体中文
skip = 跳到正文
nav-account = 账户
nav-profile = 个人资料
nav-sessions = 会话
nav-password = 密码
nav-users = 用户
sign-in = 登录
sign-out = 退出登录
create-account = 注册
footer-line = { -name } 保管您的会话，不保管您的秘密。
footer-appearance = 外观
appearance-system = 跟随系统
appearance-light = 浅色
appearance-dark = 深色
footer-language = 语言
session-over-typed = 您输入的内容仍在此处；提交时会请您先登录。
session-over-again = 重新登录

## 时间（UTC）
date = { $year }年{ $month }月{ $day }日
minute = { $date } { $time } UTC

## 首页
home-stranger-title = 您的前门
home-stranger-lede = 一个账户，打开门后的一切。敲一次门，屋子就认得您。
home-create = 创建账户
home-note = 本页不向任何其他网站请求内容，关闭 JavaScript 也能使用。
home-hello = 您好，{ $name }
home-open = 门已经开了。
home-profile = 个人资料
home-password = 修改密码
home-signed-in-as = 当前登录：{ $email }

## 登录与注册
login-title = 登录
login-remember = 在此设备上保持登录
login-new = 第一次来？
login-create = 创建账户
register-title = 创建您的账户
register-closed = 目前不能在此创建新账户。
register-known = 已有账户？
label-email = 电子邮箱
label-password = 密码
label-nickname = 昵称
hint-nickname = 其他人看到的名字，最多 50 个字符。
hint-new-password = 至少 { $min } 个字符。用几个词组成的密码容易记住。
password-show = 显示
password-hide = 隐藏
password-show-field = 显示{ $field }
password-hide-field = 隐藏{ $field }
password-caps = 大写锁定已开启。
password-too-short = 太短：至少需要 { $min } 个字符。

## 关于密码的建议
advice-keyboard = 容易猜到：相邻的按键。再加一两个词会更好。
advice-repeats = 容易猜到：内容重复。再加一两个词会更好。
advice-common = 容易猜到：许多人用过类似的密码。再加一两个词会更好。
advice-sequence = 容易猜到：abcd 或 6543 这样的序列。再加一两个词会更好。
advice-dates = 容易猜到：日期或年份。再加一两个词会更好。
advice-word = 容易猜到：只有一个词。再加一两个词会更好。
advice-names = 容易猜到：人名。再加一两个词会更好。
advice-short = 容易猜到。再加一两个词会更好。
advice-good = 良好。再加一个词就非常好了。
advice-very-good = 非常好。

## 复制按钮
copy = 复制
copied = 已复制。
copy-email = 复制电子邮箱
copy-id = 复制标识符

## 密码
password-title = 修改密码
password-lede = 修改后，您的其他会话都会结束。
password-current = 当前密码
password-new = 新密码
password-change = 修改密码

## 忘记密码
forgot-title = 忘记密码？
forgot-lede = 请输入您登录时使用的电子邮箱。如果它有对应的账户，我们会向它发送一封带链接的信。
forgot-send = 发送邮件
forgot-have-code = 我有验证码
reset-title = 设置新密码
reset-lede = 用于 { $email }。设置后您的所有会话都会结束，请重新登录。
reset-code-lede = 请输入信中的验证码，或打开信中的链接。
reset-again = 重新发送邮件
reset-set = 设置新密码
reset-mailbox = 这台计算机不会发出邮件。信件在
label-code = 验证码
hint-code = 最新一封信中的六位数字。
not-me-title = 不是您本人？
not-me-lede = 您账户的所有会话会立即结束，原密码随即失效，然后由您设置新密码。
not-me-end = 结束所有会话
link-spent-title = 此链接已失效
mailbox-title = 开发信箱
mailbox-lede = 这台计算机不会发出邮件。以下是本应发出的信件。
mailbox-empty = 信箱是空的。

## 个人资料
profile-title = 个人资料
profile-signature = 个性签名
profile-signature-hint = 用一两句话介绍自己，最多 200 个字符。
profile-picture = 头像
profile-avatar = 新头像
profile-avatar-hint = PNG、JPEG 或 WebP，最大 2 MB。只显示图片中部，文件中的其他信息都不保留。
profile-avatar-upload = 上传头像
profile-avatar-progress = 上传进度
profile-avatar-too-large = 头像不能超过 2 MB。
profile-avatar-failed = 头像上传失败，请重试。
profile-avatar-remove = 移除头像
profile-save = 保存资料
profile-since = 注册于

## 会话
sessions-title = 您的会话
sessions-lede = 您登录过的地方。不认识的，请结束它。
sessions-changed = 会话列表有变化。
sessions-end-others = 结束所有其他会话
session-this = 当前会话
session-api = API 客户端
session-signed-in = 登录时间
session-last-seen = 最近活动
session-network = 网络
session-end = 结束
session-end-of = 结束 { $device } 的会话
device = { $system } 上的 { $browser }
browser-unknown = 未知浏览器
browser-webkit = WebKit 浏览器
browser-python = Python 程序
browser-android = Android 应用
browser-apple = Apple 应用
browser-go = Go 程序
browser-node = Node 程序

## 第一位管理员
first-title = 第一位管理员
first-lede = 目前还没有管理员。给您这个链接的人能看到程序自身的输出，因此您可以成为管理员。
first-become = 成为管理员

## 用户（管理员）
users-title = 用户
users-audit = 查看哪个账户发生了什么：审计记录
users-query = 邮箱开头
users-search = 搜索
users-none = 没有邮箱以此开头的用户。
users-next = 下一页
users-all = 所有用户
user-title = 用户
user-id = 标识符
user-since = 注册时间
user-disabled = 停用时间
user-disabled-badge = 已停用
user-roles = 角色
user-roles-label = 此用户的角色
user-roles-hint = 用空格分隔的名称，例如 editor。administrator 可以进行这里的所有操作。
user-roles-set = 设置角色
user-sessions = 会话
user-nowhere = 没有在任何地方登录。
user-sign-out = 全部退出登录
user-sign-out-means = 此用户的所有会话立即结束，无法恢复。用户可以重新登录。
user-account = 账户
user-enable = 启用账户
user-disable = 停用账户
user-disable-means = 此用户的所有会话立即结束，在重新启用之前，任何人都无法登录该账户。

## 审计记录
audit-title = 审计记录
audit-lede = 哪个账户发生了什么、谁做的、从哪里来。日期以 UTC 计。
audit-none = 没有这样的记录。
audit-take = 导出全部：
audit-json-lines = JSON 行
audit-user = 账户（邮箱）
audit-actor = 操作者（邮箱）
audit-event = 事件
audit-any = 不限
audit-since = 从
audit-until = 到
audit-show = 显示
audit-older = 更早
activity-title = 最近活动
activity-lede = 您的账户发生的事。如果有不是您做的，请修改密码。
history-title = 历史
history-all = 全部历史
by-administrator = 由管理员操作
by-operator = 由运维人员操作
by-user = 操作者：
record-request = 请求
record-no-account = 没有使用该邮箱的账户。
record-device = { $device }，{ $network }
event-said = { $event }。
event-said-of = { $event }：{ $detail }。
event-unknown = 此版本无法描述的事件。
event-account-created = 账户已创建
event-account-created-roles = 账户已创建，角色：{ $detail }。
event-signed-in = 已登录
event-signed-in-api = 已通过 API 客户端登录。
event-sign-in-refused = 登录被拒绝
event-sign-in-refused-disabled = 登录被拒绝：账户已停用。
event-signed-out = 已退出登录
event-session-ended = 一个会话已结束
event-other-sessions-ended = 所有其他会话已结束
event-session-displaced = 最早的会话已为新会话让位
event-refresh-token-reused = 旧密钥被再次使用，其会话已结束
event-password-changed = 密码已修改
event-password-change-refused = 修改密码被拒绝：当前密码不正确
event-password-reset-requested = 已请求通过邮件设置新密码
event-password-reset-refused = 已请求通过邮件设置新密码，但未发送邮件
event-password-reset = 已通过邮件设置新密码
event-disowned = 账户所有者表示并非本人操作，所有会话已结束
event-profile-changed = 资料已修改
event-roles-set = 角色已设置
event-roles-set-none = 角色已全部移除。
event-account-disabled = 账户已停用
event-account-enabled = 账户已启用
event-signed-out-everywhere = 所有会话已结束
event-audit-exported = 审计记录已导出
event-audit-resealed = 审计记录已重新封存

## 会话如何结束
ended = 您的会话已结束。
ended-signed-out = 您于 { $at } 退出登录。
ended-session-limit = 您于 { $at } 在别处登录，因此这里已退出登录。同时打开的会话数量有限。
ended-session-limit-from = 您于 { $at } 通过 { $device } 登录，因此这里已退出登录。同时打开的会话数量有限。
ended-password-changed = 您的密码于 { $at } 被修改，因此这里已退出登录。
ended-password-changed-from = 您的密码于 { $at } 通过 { $device } 被修改，因此这里已退出登录。
ended-by-user = 此会话于 { $at } 被结束。
ended-by-user-from = 此会话于 { $at } 通过 { $device } 被结束。
ended-reused = 有人使用了您会话的旧密钥；该会话已于 { $at } 结束。如果不是您自己复制的，请修改密码。
ended-reused-of = 有人使用了您会话（{ $device }）的旧密钥；该会话已于 { $at } 结束。如果不是您自己复制的，请修改密码。
ended-expired = 您的会话已到期，于 { $at } 退出登录。
ended-disabled = 此账户已于 { $at } 停用。
ended-by-administrator = 管理员于 { $at } 结束了您的会话。

## 好消息
notice-welcome = 欢迎。您的账户已就绪。
notice-profile-saved = 您的资料已保存。
notice-avatar-set = 您的头像已保存。
notice-avatar-removed = 您的头像已移除。
notice-password-changed = 您的密码已修改，所有其他会话已结束。
notice-letter-sent = 如果该电子邮箱有对应的账户，一封信正在发往它，30 分钟内有效。
notice-password-reset = 新密码已设置，所有会话均已结束。请用新密码登录。
notice-disowned = 所有会话均已结束，原密码已失效。请设置新密码。
notice-signed-out = 您已退出登录。
notice-session-ended = 该会话已结束。
notice-other-sessions-ended = 所有其他会话已结束。
notice-signed-out-everywhere = 此用户的所有会话已结束。
notice-account-disabled = 此账户已停用，其所有会话已结束。
notice-account-enabled = 此账户已重新启用。
notice-roles-set = 角色已设置，从该用户的下一次请求起生效。
notice-first-administrator = 您是第一位管理员。该链接已失效。
notice-draft-waits = 您输入的内容已保留：登录后即可找回。
notice-draft-kept = 这是您先前输入的内容，尚未保存。

## 表单中的问题
check-one = 请检查一处
check-several = 请检查下面标出的内容
field-email = 电子邮箱
field-password = 密码
field-current-password = 当前密码
field-new-password = 新密码
field-nickname = 昵称
field-signature = 个性签名
field-avatar = 头像
field-code = 验证码
field-roles = 角色
problem-required-email = 请输入您的电子邮箱。
problem-required-password = 请输入密码。
problem-required-current-password = 请输入当前密码。
problem-required-new-password = 请输入新密码。
problem-required-nickname = 请输入昵称。
problem-required-signature = 请输入个性签名。
problem-required-avatar = 请选择一张图片。
problem-required-code = 请输入信中的验证码。
problem-required-roles = 请输入角色。
problem-malformed-email = 请输入电子邮箱地址，例如 name@example.org。
problem-malformed-nickname = 昵称至少需要一个可见字符。
problem-malformed-avatar = 无法读取此图片：文件已损坏。
problem-malformed-roles = 请输入用空格分隔的名称，例如 editor：小写字母、数字、- 和 _。
problem-malformed = 无法接受此{ $field }。
problem-too-many-roles = 一个用户最多有 { $limit } 个角色。
problem-too-short = 请至少使用 { $limit } 个字符。
problem-too-many-bytes = { $field }不能超过 { $limit } 字节。
problem-too-long = { $field }不能超过 { $limit } 个字符。
problem-forbidden-character = { $field }含有不可见字符或控制字符，请将其删除。
problem-too-many-megabytes = { $field }不能超过 2 MB。
problem-too-many-pixels = { $field }不能超过 1600 万像素。
problem-unknown-format = { $field }必须是 PNG、JPEG 或 WebP 文件。
problem-common = 这是最常见的密码之一，请换一个。
problem-contains-email = 密码不能包含您的电子邮箱。
problem-same-as-current = 新密码与当前密码相同，请换一个。
problem-wrong-current-password = 当前密码不正确。
problem-unknown-roles = 其中有此处不存在的角色。角色名称由运维人员在 VESTIBULE_ROLES 中设定。
problem-unknown = 此处没有这样的{ $field }。
problem-wrong-code = 这不是最新一封信中的验证码，或它已失效。
problem-taken = 此电子邮箱已有账户。
problem-wrong-credentials = 电子邮箱或密码不正确。

## 其他问题
error-invalid = 您输入的部分内容需要再检查一下。
error-invalid-link = 它已被使用，或已被更新的信取代，或已过期。
error-not-signed-in = 请先登录。
error-other-account = 现在登录的账户与打开此表单时不同。没有保存任何内容。
error-last-administrator = 这是最后一位管理员；请先指定另一位。
error-own-account = 管理员不能对自己的账户进行此操作。
error-forbidden = 该请求被拒绝。
error-registration-closed = 目前不能在此创建新账户。
error-busy = 目前访问较多，请几秒后再试。
error-too-many-requests = 来自您网络的尝试过多，请一分钟后再试。
error-too-many-failures = 密码错误次数过多，请 { $minutes } 分钟后再试。
error-unavailable = 目前无法读取我们的记录，请几秒后再试。
error-unsupported-media-type = 此处不接受这种内容。
error-payload-too-large = 一次发送的内容过多。
error-bad-request = 无法理解该请求。
error-unexpected-fields = 有字段缺失、未知、重复或类型不符。
error-not-found = 这里什么也没有。
error-method-not-allowed = 此处不能这样做。
error-timed-out = 用时过长。
error-internal = 我们这边出了问题。

## 出错页面
trouble-home = 首页
trouble-bad-request = 无法理解该请求
trouble-refused = 该请求被拒绝
trouble-not-found = 这里没有页面
trouble-method = 此地址不能这样使用
trouble-timed-out = 用时过长
trouble-too-large = 一次发送的内容过多
trouble-media-type = 此处不接受这种内容
trouble-unprocessable = 无法接受
trouble-unavailable = 现在无法完成
trouble-internal = 我们这边出了问题
advice-reload = 请返回，刷新页面后再试。
advice-refused = 它不是来自我们的页面，或者不是给您的。请返回，刷新页面后再试。
advice-not-found = 地址可能有误，或者页面已不存在。
advice-method = 请返回，从页面本身再试一次。
advice-timed-out = 请检查网络连接后再试。
advice-too-large = 请缩短您输入的内容后再试。
advice-media-type = 请发送页面自己的表单。
advice-unavailable = 目前访问较多，或无法读取我们的记录。请几秒后再试。
advice-internal = 问题已被记录，请稍后再试。

## 从其他网站来
round-title = 请稍候
round-lede = 正在打开您要访问的页面。
round-go = 继续

## 邮件
mail-test-subject = { $brand }：邮件可以发出
mail-test = { $origin } 可以发送邮件。能在那里运行程序的人要求发送此信。
letter-password-subject = 您在 { $brand } 的密码已修改
letter-password = 您在 { $origin } 的账户密码已修改，其他会话均已结束。
letter-reuse-subject = { $brand } 的一个会话已结束
letter-reuse = 您在 { $origin } 的一个会话已结束，因为一个已被替换的令牌再次被使用：它可能已被盗用。
letter-from = 时间：{ $time }，设备：{ $device }。
letter-from-network = 时间：{ $time }，设备：{ $device }，网络：{ $network }。
letter-not-you = 如果是您本人操作，则无需处理。如果不是，请告知我们：您账户的所有会话会立即结束，并由您设置新密码。72 小时内有效。
letter-not-me = 不是我本人
letter-password-reset = 您在 { $origin } 的账户密码已通过邮件重新设置，所有会话均已结束。
letter-reset-subject = 在 { $brand } 设置新密码
letter-reset = 有人（可能是您本人）请求为您在 { $origin } 的账户设置新密码。
letter-disowned = 您表示并非本人操作。您在 { $origin } 的账户的所有会话均已结束，原密码已失效。
letter-choose-password = 设置新密码
letter-code = 或在 { $address } 输入此验证码：
letter-link-life = 只能使用一次，30 分钟内有效；再次请求邮件后，此信失效。
letter-not-asked = 如果您没有请求，则无需处理：不会有任何变化。请勿将其告诉任何人。
