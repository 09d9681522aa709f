/* The preset dictionary: strings that replies often hold, the most common ones last, as deflate
 * reaches near strings with fewer bits. Its CRC-32 stands in man/halldesk-protocol.7 and a test. */
#include "protocol/dictionary.h"

const uint8_t deflate_dictionary[] =
    /* Names of members, as forms are sent with them. */
    "space separated responsible attachment supplier contract complaint interaction invoice "
    "payment balance account product offering order customer contact staff organisation region "
    "certificate_type certificate_number identity_number telephone mobile address postcode email "
    "created_at changed_at created_by changed_by valid_from valid_to remark state version "
    "template number name code type level class amount quantity price total start end reason "
    "hall_id area_id network_id party_id customer_id account_id order_id staff_id "
    ".query.change.create.show.history.report.import.export.attach.remove.suspend.resume.cancel"
    ".approve.reject.submit.assign.claim.close.reopen.complete "
    "Created byChanged byCreated atChanged atValid fromValid toRemarkStateNumberNameAddress"
    "TelephoneMobileCertificate typeCertificate numberCustomerAccountOrderContactStaff"
    "QueryChangeCreateShowHistoryReportCancelConfirmSuspendRestore"
    "active\nsuspended\npending\nheld\ninProgress\nacknowledged\ncompleted\ncancelled\nfailed\n"
    "rejected\nterminated\nresolved\nclosed\n"
    /* Labels of forms. */
    "创建人创建时间修改人修改时间生效日期失效日期备注状态版本编号名称地址联系电话手机号码证件类型"
    "证件号码客户名称客户编号客户级别客户类型帐户名称帐户编号付款方式订单编号受理时间受理营业厅"
    "受理人员经办人使用人联系人邮政编码电子邮箱出生日期性别民族职业行业单位名称统一社会信用代码"
    "营业执照居民身份证护照军官证户口簿港澳居民来往内地通行证"
    "查询修改新建显示历史报表导入导出附件停机复机撤单退单竣工预受理缓装待装确认取消提交审批驳回"
    "在用停用申请停机欠费停机预销户已销户处理中已完成已取消待审批待处理已关闭"
    "固定电话宽带移动电话光纤接入月租费一次性费用押金预存款滞纳金"
    /* Surnames by number of bearers, in rising order; and syllables of given names. */
    "龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁"
    "史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江"
    "曾彭肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈罗梁宋郑谢韩唐冯萧程曹邓许傅"
    "徐孙马朱胡郭何高林黄周吴赵杨陈刘张李王"
    "志国建文明永春华军海波玉金平丽秀英敏静娟艳芳桂兰红梅霞燕玲伟强磊洋勇杰涛超鹏辉刚浩宇轩梓涵"
    "晨欣怡子墨一诺雨桐思远嘉俊小东新立庆德福荣贵"
    /* Companies and places. */
    "个体工商户合作社分公司办事处事务所研究院贸易有限公司科技有限公司商贸有限公司"
    "实业有限公司建筑工程有限公司信息技术有限公司物流有限公司餐饮管理有限公司"
    "房地产开发有限公司集团股份有限公司有限责任公司"
    "北京市上海市天津市重庆市河北省山西省辽宁省吉林省黑龙江省江苏省浙江省安徽省福建省江西省山东省"
    "湖北省湖南省广东省海南省四川省贵州省云南省陕西省甘肃省青海省内蒙古自治区广西壮族自治区"
    "西藏自治区宁夏回族自治区新疆维吾尔自治区"
    "洛阳市开封市新乡市安阳市南阳市许昌市平顶山市商丘市信阳市周口市驻马店市焦作市鹤壁市濮阳市漯河市"
    "三门峡市济源市河南省郑州市金水区二七区中原区管城回族区惠济区"
    "人民路中山路解放路建设路和平路文化路黄河路花园路经三路东风路农业路北环路南环路"
    "东街西街南街北街大道小区花园家园公寓大厦广场新村社区村委会镇乡街道办事处居委会"
    "单元室号楼层栋座组巷弄路号院"
    "中心营业厅营业厅客户服务中心省公司市分公司县分公司热线"
    /* Patterns of codes, dates and numbers. */
    "@qq.com@163.com@126.com.com.cn0371-0379-0373-https://"
    "41010119419001197198199200201202203204205206207208209210211212"
    "13613713813915015115215515715815918018118218318518618718918917619913013113213315"
    "1000086100101000000001000000000000"
    "C0000000C0000A0000000O0000S0000P0000T0000"
    "261231-000260101-00000260-0002026-01-012026-12-31 00:00.00 09:0";

const size_t deflate_dictionary_length = sizeof deflate_dictionary - 1;
