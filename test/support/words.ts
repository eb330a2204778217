/** Ordinary English words, to make pages of text from. */
export const englishWords =
  `account address amount answer balance bottle bridge budget button camera candle castle center change circle client coffee corner
country credit customer danger december delivery design dinner discount doctor document dollar driver engine evening example expense
factory family farmer finger flower forest friend garden guitar hammer harbor history holiday hospital hundred island january journey
kitchen language leader letter library machine manager market medicine member message minute mirror moment monday mother mountain
museum music nation nature network number object office orange order package painter paper parent payment pencil people person
picture planet police power price printer product project quality question railway receipt record report river school science season
second secret service shadow silver sister station street student summer sunday supply system table teacher thunder ticket tomorrow
total traffic travel tunnel union valley village visitor voucher wallet water weather wedding window winter wisdom writer yellow`
    .trim()
    .split(/\s+/);

/** Ordinary Chinese words, to make pages of text from. */
export const chineseWords =
  `北京 上海 中国 世界 人民 时间 工作 生活 学校 老师 学生 朋友 家庭 孩子 医院 医生 公司 经理 银行 账户 金额 总计 日期 发票 数量 单价
税率 合同 地址 电话 客户 服务 产品 质量 价格 市场 经济 发展 社会 文化 历史 科学 技术 网络 电脑 软件 数据 信息 图像 文字 识别 模型
系统 处理 问题 答案 方法 结果 开始 结束 早上 晚上 今天 明天 昨天 星期 月份 年度 春天 夏天 秋天 冬天 天气 下雨 太阳 月亮 星星 山河
海洋 森林 花园 动物 植物 水果 蔬菜 米饭 面条 咖啡 茶叶 汽车 火车 飞机 地铁 道路 城市 乡村 房子 窗户 桌子 椅子 衣服 颜色 红色 蓝色
音乐 电影 图书 报纸 新闻 体育 足球 比赛 健康 快乐 努力 成功 希望 梦想`
    .trim()
    .split(/\s+/);
